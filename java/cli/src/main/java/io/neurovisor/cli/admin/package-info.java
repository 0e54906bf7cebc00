/**
 * Commands that maintain an installation: images, kernels, templates, the lab machine, diagnosis and removal. User programs
 * are never run here.
 */
@NullMarked
package io.neurovisor.cli.admin;

import org.jspecify.annotations.NullMarked;
