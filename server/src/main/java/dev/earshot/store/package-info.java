/** What outlives a request: interfaces without vendor types, and the in-memory implementation. */
@NullMarked
package dev.earshot.store;

import org.jspecify.annotations.NullMarked;
