/** Bias phrases as an automaton, for decoders that favour them while they decode. */
@NullMarked
package dev.earshot.client.graph;

import org.jspecify.annotations.NullMarked;
