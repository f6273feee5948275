/**
 * Kills a server under write load again and again, and checks through the API that what it
 * acknowledged is there, once. Knows nothing of commands and reports.
 */
@NullMarked
package dev.earshot.perf.crash;

import org.jspecify.annotations.NullMarked;
