@NullMarked
package dev.earshot.perf.peers;

import org.jspecify.annotations.NullMarked;
