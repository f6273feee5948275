@NullMarked
package dev.earshot.perf.crash;

import org.jspecify.annotations.NullMarked;
