/** Servers as separate processes: started, pinned to processors, metered, stopped. Linux. */
@NullMarked
package dev.earshot.perf.process;

import org.jspecify.annotations.NullMarked;
