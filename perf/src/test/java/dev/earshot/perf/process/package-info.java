@NullMarked
package dev.earshot.perf.process;

import org.jspecify.annotations.NullMarked;
