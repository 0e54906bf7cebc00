/** Templates on disk. Each lies in a directory named by its key's digest and is only ever read once it is there. */
@NullMarked
package io.neurovisor.host.template;

import org.jspecify.annotations.NullMarked;
