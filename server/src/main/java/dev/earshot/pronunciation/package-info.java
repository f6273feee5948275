/** How words sound. */
@NullMarked
package dev.earshot.pronunciation;

import org.jspecify.annotations.NullMarked;
