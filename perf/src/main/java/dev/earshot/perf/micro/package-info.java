/** JMH benchmarks of the server's parts, and of the runtime below them. */
@NullMarked
package dev.earshot.perf.micro;

import org.jspecify.annotations.NullMarked;
