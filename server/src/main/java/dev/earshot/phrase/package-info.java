/** What a user may say next: phrases, and where they come from. */
@NullMarked
package dev.earshot.phrase;

import org.jspecify.annotations.NullMarked;
