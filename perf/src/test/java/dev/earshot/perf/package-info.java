@NullMarked
package dev.earshot.perf;

import org.jspecify.annotations.NullMarked;
