/** Benchmarks: what Earshot costs in time and memory, and bundles of any size to measure with. */
@NullMarked
package dev.earshot.perf;

import org.jspecify.annotations.NullMarked;
