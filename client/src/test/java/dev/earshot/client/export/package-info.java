@NullMarked
package dev.earshot.client.export;

import org.jspecify.annotations.NullMarked;
