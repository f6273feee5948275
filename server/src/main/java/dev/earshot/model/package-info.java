/**
 * Bundles and the ONNX Runtime sessions that run them.
 *
 * <p>The only package that imports {@code ai.onnxruntime}. A {@link dev.earshot.model.Bundle} is
 * the verified content of a directory; a {@link dev.earshot.model.ShortlistModel} is a bundle that
 * can be run; a {@link dev.earshot.model.Workspace} is one worker's tensors. The format is
 * described in {@code models/README.md}.
 */
@NullMarked
package dev.earshot.model;

import org.jspecify.annotations.NullMarked;
