@NullMarked
package dev.earshot.perf.micro;

import org.jspecify.annotations.NullMarked;
