/** Contents of files, by plain HTTP. */
@NullMarked
package io.neurovisor.e2b.files;

import org.jspecify.annotations.NullMarked;
