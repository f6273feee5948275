/**
 * The open-loop load driver: requests leave when a schedule says so, whatever became of those
 * before, and latency counts from the scheduled time. Knows nothing of commands and reports.
 */
@NullMarked
package dev.earshot.perf.load;

import org.jspecify.annotations.NullMarked;
