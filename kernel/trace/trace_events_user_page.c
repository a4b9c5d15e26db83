// SPDX-License-Identifier: GPL-2.0
/*
 * user_events: pages of user memory, and the bits in them.
 *
 * A bit is only written if that is possible at once, since a toggle holds
 * event_mutex.  Otherwise its page is faulted in: by a function that may only
 * wait for memory, or by one that may wait for user space as well.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>

#include "trace_events_user_mm.h"

/**
 * user_event_pin_page - pin a page that is present and writable
 * @mm: the address space; its mmap_lock is held
 * @addr: user address on the page
 *
 * Context: Process context.  Does not fault, so it does not wait for user
 * space.
 *
 * Return: the page, or NULL when it would have to be faulted in.
 */
struct page *user_event_pin_page(struct mm_struct *mm, unsigned long addr)
{
	struct page *page;

	mmap_assert_locked(mm);
	if (pin_user_pages_remote(mm, addr & PAGE_MASK, 1, FOLL_WRITE | FOLL_NOFAULT,
				  &page, NULL) != 1)
		return NULL;
	return page;
}

/**
 * user_event_unpin_page - drop a page that has been written to
 * @page: from user_event_pin_page()
 *
 * Context: Process context.  Does not wait for the folio lock.
 *
 * Return: false when writeback may have cleaned the page before the write, and
 * it could not be marked dirty: then the change may be lost with the page.
 */
bool user_event_unpin_page(struct page *page)
{
	struct folio *folio = page_folio(page);
	bool dirty = folio_test_dirty(folio);

	if (!dirty && folio_trylock(folio)) {
		dirty = true;
		folio_mark_dirty(folio);
		folio_unlock(folio);
	}
	unpin_user_page(page);
	return dirty;
}

/**
 * user_event_put_dirty_page - mark a page dirty and drop it
 * @page: from user_event_pin_page(), or NULL
 *
 * Context: Process context, may wait for the folio lock, so the caller holds
 * none of the locks of user_events.
 */
void user_event_put_dirty_page(struct page *page)
{
	if (page)
		unpin_user_pages_dirty_lock(&page, 1, true);
}

/*
 * Writes a bit atomically, since user space may change neighbouring bits with
 * operations of the same size.  Returns true if the bit had another value.
 */
static bool ue_assign_bit(void *value, u8 size, u8 bit, bool on)
{
	u64 mask = BIT_ULL(bit), old;

#ifdef CONFIG_64BIT
	if (size == sizeof(u64))
		old = on ? atomic64_fetch_or(mask, value) :
			   atomic64_fetch_andnot(mask, value);
	else
#endif
		old = on ? atomic_fetch_or(mask, value) :
			   atomic_fetch_andnot(mask, value);
	return !(old & mask) == on;
}

/**
 * user_event_write_bit - write the bit of a registration
 * @page: its page, from user_event_pin_page()
 * @enabler: the registration
 * @on: the value
 *
 * Context: The mmap_lock and user_event_mm::lock are held.  fork() copies the
 * memory wholly before or wholly after this because of the first one; the
 * second one orders the writes of a bit.
 *
 * Return: true if the bit had another value before.
 */
bool user_event_write_bit(struct page *page, const struct user_event_enabler *enabler, bool on)
{
	void *base;
	bool changed;

	/*
	 * Where the memory map is sparse, this reads the page's section from its
	 * flags.  The section never changes, while the core changes other bits.
	 */
	base = data_race(kmap_local_page(page));
	changed = ue_assign_bit(base + offset_in_page(enabler->addr),
				enabler->size, enabler->bit, on);
	flush_dcache_page(page);
	kunmap_local(base);
	return changed;
}

/*
 * Returns true if a fault may have to wait for a file system, to read a page or
 * to make it writable.  A page that is present in a private mapping is only
 * copied.
 */
static bool ue_may_wait(struct vm_area_struct *vma, unsigned long addr)
{
	struct page *page;

	if (vma_is_anonymous(vma))
		return false;
	if (vma->vm_flags & VM_SHARED)
		return true;
	if (get_user_pages_remote(vma->vm_mm, addr & PAGE_MASK, 1, FOLL_NOFAULT,
				  &page, NULL) != 1)
		return true;
	put_page(page);
	return false;
}

/**
 * user_event_fault_in_nowait - make a page present and writable without waiting
 * @mm: the address space
 * @addr: user address on the page
 *
 * Context: Process context, may sleep for memory, but does not wait for user
 * space.  The mmap_lock is held for reading, and no lock of user_events.
 *
 * Return: 0, -EAGAIN when it would have to wait for user space or a file,
 * -ENOMEM, or another error for an address that can't be written to.
 */
int user_event_fault_in_nowait(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma;
	struct page *page;
	long ret;

	mmap_assert_locked(mm);
	vma = vma_lookup(mm, untagged_addr_remote(mm, addr));
	if (!vma || !(vma->vm_flags & VM_WRITE))
		return -EFAULT;
	if (ue_may_wait(vma, addr))
		return -EAGAIN;

	ret = pin_user_pages_remote(mm, addr & PAGE_MASK, 1, FOLL_WRITE | FOLL_NOWAIT,
				    &page, NULL);
	if (ret != 1)
		return ret ?: -EAGAIN;
	return user_event_unpin_page(page) ? 0 : -EAGAIN;
}

/**
 * user_event_fault_in - make a page present, writable and dirty
 * @mm: the address space; the caller has mm_users, and holds no lock
 * @addr: user address on the page
 *
 * This faults as if a program wrote to the page, and may wait for user space.
 *
 * Context: Process context, may sleep, even for ever if user space never
 * handles the fault.  A fatal signal interrupts the wait for the page, but not
 * the wait for its folio lock.
 *
 * Return: 0, -EAGAIN when the page has gone again, -EFAULT when it can't be
 * written to, -EINTR when the caller is being killed, -ENOMEM.
 */
int user_event_fault_in(struct mm_struct *mm, unsigned long addr)
{
	unsigned int flags = FAULT_FLAG_WRITE;
	bool unlocked = false;
	struct page *page = NULL;
	int ret;

	/* Without an MMU, memory is always present, and a fault can't help */
	if (!IS_ENABLED(CONFIG_MMU))
		return -EFAULT;

	if (mm != current->mm)
		flags |= FAULT_FLAG_REMOTE;
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	ret = fixup_user_fault(mm, addr, flags, &unlocked);
	if (!ret)
		page = user_event_pin_page(mm, addr);
	mmap_read_unlock(mm);
	if (!ret && !page)
		return -EAGAIN;
	user_event_put_dirty_page(page);
	return ret == -EINTR || ret == -ENOMEM || !ret ? ret : -EFAULT;
}
