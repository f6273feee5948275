/** Micro-batching: workers that take what waits while they were busy, as one batch. */
@NullMarked
package dev.earshot.batch;

import org.jspecify.annotations.NullMarked;
