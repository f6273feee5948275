/**
 * A real recogniser end to end: synthetic and recorded speech through Moonshine with beam search,
 * so that biasing is measured on the n-best lists of a decoder that knows nothing of it. None of it
 * runs in the server.
 */
@NullMarked
package dev.earshot.perf.asr;

import org.jspecify.annotations.NullMarked;
