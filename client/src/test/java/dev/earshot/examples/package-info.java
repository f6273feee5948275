/** Programs that the SDK's README shows; compiled with the tests. */
@NullMarked
package dev.earshot.examples;

import org.jspecify.annotations.NullMarked;
