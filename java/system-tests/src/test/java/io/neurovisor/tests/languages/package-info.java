/** Programs in each language, with and without a warm interpreter, and the images they run in. */
@NullMarked
package io.neurovisor.tests.languages;

import org.jspecify.annotations.NullMarked;
