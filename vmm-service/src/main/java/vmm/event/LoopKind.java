package vmm.event;

/** The kinds of loops; each pass of one starts from the table and the clouds. */
public enum LoopKind {
    /** Per pool: READY VMs to the oldest requests. */
    GRANT,
    /** Per pool: rows for what is missing, an end for what is too many. */
    REFILL,
    /** Per cloud: one listing, then one step for each VM. */
    LIFECYCLE,
    /** Per cloud: instances that no live row claims. */
    ORPHAN,
    /** Per cloud: its probes, quota and offerings. */
    HEALTH,
    /** All pools: allocations whose lease is over or that nobody uses. */
    RECLAIM,
    /** All: numbers events and hands them to the streams. */
    PUBLISH,
    /** All: deletes what is past its retention. */
    HOUSEKEEPING;

    /** Whether its passes are of one cloud, which one replica at a time has in hand. */
    public boolean ofCloud() {
        return this == LIFECYCLE || this == ORPHAN || this == HEALTH;
    }
}
