/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A registered page that is late: with userfaultfd, it comes when somebody waits
 * for it, or after a while.
 */

#ifndef SELFTESTS_USER_EVENTS_LATE_H
#define SELFTESTS_USER_EVENTS_LATE_H

#include "event.h"
#include "task.h"

/*
 * Registers @event on a new page, sets *@told to 1, and waits for a 2, after
 * which the event is recorded.  Returns 0 if the bit is set then, as soon as the
 * page has come by @uffd: when somebody has waited for it, or by itself if
 * @comes.
 */
static inline int be_late(int fd, int uffd, const char *event, __u32 *told,
			  bool comes)
{
	void *page = map_pages(1, MAP_PRIVATE);

	if (event_register(fd, event, page, 0, SINGLE) ||
	    madvise(page, getpagesize(), MADV_DONTNEED) ||
	    hold_pages(uffd, page, 1))
		return 2;
	store32(told, 1);
	if (!wait32(told, 2))
		return 3;
	if (comes)
		pause_ms(1000);
	else if (wait_fault(uffd, PATIENCE_MS) != page)
		return 4;
	if (let_come(uffd, page))
		return 5;
	return wait32(page, 1) ? 0 : 6;
}

#endif
