@NullMarked
package dev.earshot.perf.asr;

import org.jspecify.annotations.NullMarked;
