/** What a recogniser should expect to hear, and what it heard in that light. */
@NullMarked
package dev.earshot.bias;

import org.jspecify.annotations.NullMarked;
