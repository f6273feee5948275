/**
 * The Java SDK: {@link dev.earshot.client.EarshotClient} keeps connections to a server warm and
 * turns its API into plain Java values, futures and typed exceptions.
 */
@NullMarked
package dev.earshot.client;

import org.jspecify.annotations.NullMarked;
