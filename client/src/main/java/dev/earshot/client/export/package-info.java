/** Bias phrases in the formats that recognisers read. */
@NullMarked
package dev.earshot.client.export;

import org.jspecify.annotations.NullMarked;
