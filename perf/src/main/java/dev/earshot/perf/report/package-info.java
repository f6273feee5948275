/** Reports with plots, made from result files alone. */
@NullMarked
package dev.earshot.perf.report;

import org.jspecify.annotations.NullMarked;
