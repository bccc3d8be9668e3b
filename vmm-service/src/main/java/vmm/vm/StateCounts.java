package vmm.vm;

import java.sql.ResultSet;
import java.sql.SQLException;

/** How many VMs are in each state that is not DELETED. */
public record StateCounts(
        int requested,
        int provisioning,
        int bootstrapping,
        int ready,
        int allocated,
        int deleting) {
    public static final StateCounts NONE = new StateCounts(0, 0, 0, 0, 0, 0);

    /** The columns of a statement that groups the table {@code vm}, for {@link #read}. */
    public static final String COLUMNS =
            """
            count(*) FILTER (WHERE vm.state = 'REQUESTED') AS requested,
            count(*) FILTER (WHERE vm.state = 'PROVISIONING') AS provisioning,
            count(*) FILTER (WHERE vm.state = 'BOOTSTRAPPING') AS bootstrapping,
            count(*) FILTER (WHERE vm.state = 'READY') AS ready,
            count(*) FILTER (WHERE vm.state = 'ALLOCATED') AS allocated,
            count(*) FILTER (WHERE vm.state = 'DELETING') AS deleting
            """;

    /** Of a row with {@link #COLUMNS}; where an outer join found none, nothing. */
    public static StateCounts read(ResultSet row) throws SQLException {
        return new StateCounts(
                row.getInt("requested"),
                row.getInt("provisioning"),
                row.getInt("bootstrapping"),
                row.getInt("ready"),
                row.getInt("allocated"),
                row.getInt("deleting"));
    }

    public StateCounts plus(StateCounts more) {
        return new StateCounts(
                requested + more.requested,
                provisioning + more.provisioning,
                bootstrapping + more.bootstrapping,
                ready + more.ready,
                allocated + more.allocated,
                deleting + more.deleting);
    }
}
