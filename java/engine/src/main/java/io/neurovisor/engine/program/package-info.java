/** What runs in a guest: a program in one of the known languages, where its output goes and how it ends. These are values; nothing here starts anything. */
@NullMarked
package io.neurovisor.engine.program;

import org.jspecify.annotations.NullMarked;
