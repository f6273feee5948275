/** What the server serves: the bundle in use and the versions that answers carry. */
@NullMarked
package dev.earshot.catalog;

import org.jspecify.annotations.NullMarked;
