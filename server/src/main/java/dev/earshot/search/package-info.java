/**
 * The best of many rows without reading all of each: a coarse product of every row's leading
 * principal components, a finer one of the best of these, and the exact one of what may then be
 * among the best.
 */
@NullMarked
package dev.earshot.search;

import org.jspecify.annotations.NullMarked;
