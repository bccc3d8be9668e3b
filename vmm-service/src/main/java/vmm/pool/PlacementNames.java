package vmm.pool;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

import vmm.clouds.NameChecks.Asked;
import vmm.event.Instants;

import java.sql.Types;
import java.time.Instant;
import java.util.List;

/**
 * Whether clouds know what placements name, as they last said: written beside the configuration.
 */
@Repository
public class PlacementNames {
    private final JdbcClient jdbc;

    public PlacementNames(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * What pools name on a cloud and is to be asked about: what never was first, then what was
     * longest ago.
     *
     * @param known what was known then is asked about again if it was before that
     * @param noted what was not known, or could not be asked, if it was before that
     */
    public List<Asked> due(String cloud, Instant known, Instant noted, int most) {
        return jdbc.sql(
                        """
                        SELECT image, flavor, network FROM placement JOIN pool ON pool.id = pool_id
                        WHERE cloud = :cloud AND NOT pool.deleted
                          AND (checked_at IS NULL OR checked_at < CASE WHEN note IS NULL THEN :known ELSE :noted END)
                        GROUP BY image, flavor, network
                        ORDER BY min(checked_at) NULLS FIRST, image, flavor, network LIMIT :most
                        """)
                .param("cloud", cloud)
                .param("known", Instants.sql(known))
                .param("noted", Instants.sql(noted))
                .param("most", most)
                .query(
                        (row, n) ->
                                new Asked(
                                        cloud,
                                        row.getString("image"),
                                        row.getString("flavor"),
                                        row.getString("network")))
                .list();
    }

    /**
     * Records an answer on each placement that names the same, but for those that somebody else
     * changes just now: waiting for them could be a deadlock, and they will be due again.
     *
     * @param note what is wrong, null if nothing is
     * @return whether any of them had another note
     */
    public boolean record(Asked place, @Nullable String note, Instant now) {
        return jdbc.sql(
                        """
                        WITH before AS (
                            SELECT pool_id, position, note FROM placement
                            WHERE cloud = :cloud AND image = :image AND flavor = :flavor
                              AND network IS NOT DISTINCT FROM CAST(:network AS text) FOR NO KEY UPDATE SKIP LOCKED)
                        UPDATE placement SET note = :note, checked_at = :now FROM before
                        WHERE placement.pool_id = before.pool_id AND placement.position = before.position
                        RETURNING before.note IS DISTINCT FROM placement.note AS news
                        """)
                .param("cloud", place.cloud())
                .param("image", place.image())
                .param("flavor", place.flavor())
                .param("network", place.network(), Types.VARCHAR)
                .param("note", note, Types.VARCHAR)
                .param("now", Instants.sql(now))
                .query(Boolean.class)
                .list()
                .contains(true);
    }

    /** Forgets what was said of a pool's placements, which have changed. */
    public void forget(long pool) {
        jdbc.sql("UPDATE placement SET note = NULL, checked_at = NULL WHERE pool_id = :pool")
                .param("pool", pool)
                .update();
    }
}
