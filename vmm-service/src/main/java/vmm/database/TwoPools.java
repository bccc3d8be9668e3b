package vmm.database;

import com.zaxxer.hikari.HikariDataSource;

import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;
import org.springframework.web.context.request.RequestContextHolder;

import java.util.Map;

/**
 * Connections for requests and connections for everything else, so that neither a burst of requests
 * nor a cloud full of launches keeps the other from the database.
 */
final class TwoPools extends AbstractRoutingDataSource implements AutoCloseable {
    private enum User {
        REQUEST,
        WORK
    }

    private final HikariDataSource requests;
    private final HikariDataSource work;

    TwoPools(HikariDataSource requests, HikariDataSource work) {
        this.requests = requests;
        this.work = work;
        setTargetDataSources(Map.of(User.REQUEST, requests, User.WORK, work));
        afterPropertiesSet();
    }

    /**
     * A thread that answers a request has its attributes; loops, clouds and the start have none.
     */
    @Override
    protected User determineCurrentLookupKey() {
        return RequestContextHolder.getRequestAttributes() == null ? User.WORK : User.REQUEST;
    }

    @Override
    public void close() {
        requests.close();
        work.close();
    }
}
