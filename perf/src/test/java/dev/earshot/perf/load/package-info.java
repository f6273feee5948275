@NullMarked
package dev.earshot.perf.load;

import org.jspecify.annotations.NullMarked;
