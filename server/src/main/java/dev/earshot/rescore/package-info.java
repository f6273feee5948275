/** The n-best of a recogniser against phrases and a dialogue. */
@NullMarked
package dev.earshot.rescore;

import org.jspecify.annotations.NullMarked;
