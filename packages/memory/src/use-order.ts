/** A link in a {@link UseOrder}. */
export interface Used<Item> {
  lessRecent: Item | null
  moreRecent: Item | null
}

/** A linked list of items by their last use. Moving an item takes a few assignments. */
export class UseOrder<Item extends Used<Item>> {
  #mostRecent: Item | null = null
  leastRecent: Item | null = null

  append(item: Item): void {
    item.lessRecent = this.#mostRecent
    if (this.#mostRecent === null) this.leastRecent = item
    else this.#mostRecent.moreRecent = item
    this.#mostRecent = item
  }

  remove(item: Item): void {
    const { lessRecent, moreRecent } = item
    if (lessRecent === null) this.leastRecent = moreRecent
    else lessRecent.moreRecent = moreRecent
    if (moreRecent === null) this.#mostRecent = lessRecent
    else moreRecent.lessRecent = lessRecent
    item.lessRecent = null
    item.moreRecent = null
  }

  moveToEnd(item: Item): void {
    if (item === this.#mostRecent) return
    this.remove(item)
    this.append(item)
  }
}
