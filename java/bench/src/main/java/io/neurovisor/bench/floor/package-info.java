/** The bare VMM, which does what the product does without a jail, a pool, limits or a service: the program of bench/floor. */
package io.neurovisor.bench.floor;
