@NullMarked
package dev.earshot.bias;

import org.jspecify.annotations.NullMarked;
