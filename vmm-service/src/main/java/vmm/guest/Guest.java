package vmm.guest;

import java.util.UUID;

/**
 * The guest that a request comes from, proven by its token. A controller has one by declaring a
 * parameter of this type.
 */
record Guest(UUID vm) {}
