package vmm.identity;

import java.util.EnumSet;
import java.util.Set;

/** What a person may do; each role may all that the ones before it may. */
public enum Role {
    SCIENTIST,
    OPERATOR,
    ADMIN;

    /** This role and those it includes, lowest first. */
    public Set<Role> included() {
        return EnumSet.range(SCIENTIST, this);
    }
}
