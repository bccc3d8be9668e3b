package vmm.identity;

import org.springframework.security.core.AuthenticatedPrincipal;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Whoever is signed in. A controller has one by declaring a parameter of this type. The roles hold
 * those that are included in a higher one, too.
 *
 * @param allGroups a member of every group, also of those that nobody has thought of yet
 */
public record Person(String name, Set<Role> roles, Set<String> groups, boolean allGroups)
        implements AuthenticatedPrincipal {

    public Person {
        SortedSet<Role> all = new TreeSet<>();
        roles.forEach(role -> all.addAll(role.included()));
        roles = Collections.unmodifiableSortedSet(all);
        groups = Collections.unmodifiableSortedSet(new TreeSet<>(groups));
    }

    /** Whether they may use what is open to these groups; what names no group is open to all. */
    public boolean mayUse(Collection<String> openTo) {
        return openTo.isEmpty() || allGroups || openTo.stream().anyMatch(groups::contains);
    }

    public boolean is(Role role) {
        return roles.contains(role);
    }

    @Override
    public String getName() {
        return name;
    }

    List<GrantedAuthority> authorities() {
        return roles.stream()
                .<GrantedAuthority>map(role -> new SimpleGrantedAuthority("ROLE_" + role))
                .toList();
    }
}
