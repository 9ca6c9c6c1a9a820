/* SPDX-License-Identifier: MIT */
/* The fair queue of a pool; see queue.h. */
#include "config.h"

#include "core/queue.h"

void mcps__share_init(struct mcps__share *share)
{
    mcps__list_init(&share->link);
    mcps__list_init(&share->lanes);
}

void mcps__lane_init(struct mcps__lane *lane, struct mcps__share *share)
{
    mcps__list_init(&lane->link);
    mcps__list_init(&lane->jobs);
    lane->share = share;
    lane->held = false;
}

void mcps__job_init(struct mcps__job *job, struct mcps__lane *lane, mcps__job_fn *run)
{
    mcps__list_init(&job->link);
    job->lane = lane;
    job->pool = NULL;
    job->run = run;
    job->worker = NULL;
    job->state = MCPS__JOB_NEW;
}

/* Puts a lane that is to be served at the end of its row, and its share, too. */
static void line_up(struct mcps__list *shares, struct mcps__lane *lane)
{
    struct mcps__share *share = lane->share;

    if (lane->held || mcps__list_is_empty(&lane->jobs) ||
        !mcps__list_is_empty(&lane->link))
        return;
    mcps__list_push_back(&share->lanes, &lane->link);
    if (mcps__list_is_empty(&share->link))
        mcps__list_push_back(shares, &share->link);
}

static void leave_row(struct mcps__lane *lane)
{
    mcps__list_remove(&lane->link);
    if (mcps__list_is_empty(&lane->share->lanes))
        mcps__list_remove(&lane->share->link);
}

void mcps__queue_push(struct mcps__list *shares, struct mcps__job *job)
{
    mcps__list_push_back(&job->lane->jobs, &job->link);
    line_up(shares, job->lane);
}

struct mcps__job *mcps__queue_pop(struct mcps__list *shares)
{
    struct mcps__share *share;
    struct mcps__lane *lane;
    struct mcps__job *job;

    if (mcps__list_is_empty(shares))
        return NULL;
    /* A share in its row has a lane, and a lane in its row has a job. */
    share = MCPS__CONTAINER_OF(shares->next, struct mcps__share, link);
    lane = MCPS__CONTAINER_OF(share->lanes.next, struct mcps__lane, link);
    job = MCPS__CONTAINER_OF(lane->jobs.next, struct mcps__job, link);
    mcps__list_remove(&job->link);
    mcps__list_remove(&lane->link);
    mcps__list_remove(&share->link);
    if (!mcps__list_is_empty(&lane->jobs))
        mcps__list_push_back(&share->lanes, &lane->link);
    if (!mcps__list_is_empty(&share->lanes))
        mcps__list_push_back(shares, &share->link);
    return job;
}

void mcps__queue_remove(struct mcps__job *job)
{
    mcps__list_remove(&job->link);
    if (mcps__list_is_empty(&job->lane->jobs))
        leave_row(job->lane);
}

void mcps__queue_hold(struct mcps__lane *lane)
{
    lane->held = true;
    leave_row(lane);
}

unsigned mcps__queue_release(struct mcps__list *shares, struct mcps__lane *lane,
                             unsigned most)
{
    unsigned n = 0;

    if (!lane->held)
        return 0;
    lane->held = false;
    line_up(shares, lane);
    for (const struct mcps__list *job = lane->jobs.next; job != &lane->jobs && n < most;
         job = job->next)
        n++;
    return n;
}
