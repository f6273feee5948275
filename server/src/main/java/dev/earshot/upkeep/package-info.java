/** What operators do with the store while it serves: describe, back up, change keys. */
@NullMarked
package dev.earshot.upkeep;

import org.jspecify.annotations.NullMarked;
