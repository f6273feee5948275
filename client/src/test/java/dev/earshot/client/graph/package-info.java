@NullMarked
package dev.earshot.client.graph;

import org.jspecify.annotations.NullMarked;
