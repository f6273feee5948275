/**
 * Budget arithmetic, and what an answer lacks where the budget or a context fell short. Plain
 * values on an injected clock; knows nothing of requests or servers.
 */
@NullMarked
package dev.earshot.deadline;

import org.jspecify.annotations.NullMarked;
