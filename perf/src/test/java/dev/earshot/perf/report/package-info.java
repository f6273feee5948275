@NullMarked
package dev.earshot.perf.report;

import org.jspecify.annotations.NullMarked;
