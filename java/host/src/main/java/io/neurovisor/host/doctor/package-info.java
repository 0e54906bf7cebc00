/**
 * Checks of the host for anything that makes virtual machines slow, insecure or impossible. Each class checks one
 * aspect, changes nothing and proposes a fix.
 */
@NullMarked
package io.neurovisor.host.doctor;

import org.jspecify.annotations.NullMarked;
