/** Tests of the SDK against peers on a real socket. */
@NullMarked
package dev.earshot.client;

import org.jspecify.annotations.NullMarked;
