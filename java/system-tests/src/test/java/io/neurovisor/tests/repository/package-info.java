/** Rules for the sources and documents of the repository. Examples in the documents are compiled or executed. */
@NullMarked
package io.neurovisor.tests.repository;

import org.jspecify.annotations.NullMarked;
