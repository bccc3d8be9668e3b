package vmm.event;

import vmm.identity.Person;

/** Tells whom a pool concerns: those who may use one of its types. */
public interface Audience {
    boolean mayUse(Person person, String pool);
}
